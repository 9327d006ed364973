import { expect, it } from 'vitest'
import { timeouts } from '../corpus/cases/timeouts.ts'
import { corpus } from '../corpus/corpus.ts'
import { corpusRows, corpusTable } from '../corpus/differences.ts'
import { cases } from './cases.ts'
import { differencesPage, matrixRows } from './differences.ts'

it('the page of differences is the one of the cases', async () => {
  const page = differencesPage(
    [...matrixRows(cases), ...corpusRows({ ...corpus, Timeouts: timeouts })],
    corpusTable(corpus),
  )
  await expect(page).toMatchFileSnapshot('../../docs/http-differences.md')
})
