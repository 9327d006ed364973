import { describe, expect, test } from 'vitest'
import { type Report, countTests } from '../scripts/vitest.ts'

describe('the gate counts from the report of the tests', () => {
  const file = (status: string, ...statuses: string[]) => ({
    status,
    assertionResults: statuses.map((status) => ({ status })),
  })
  const report = (success: boolean, ...testResults: Report['testResults'][number][]): Report => ({
    success,
    testResults,
  })

  test.each<[string, Report | undefined, boolean, { passed: number; failed: number }]>([
    [
      'passed tests',
      report(true, file('passed', 'passed', 'passed'), file('passed', 'passed')),
      true,
      { passed: 3, failed: 0 },
    ],
    [
      'failed tests, and not their file as well',
      report(false, file('failed', 'passed', 'failed')),
      false,
      { passed: 1, failed: 1 },
    ],
    [
      'skipped tests as neither',
      report(true, file('passed', 'passed', 'skipped', 'todo')),
      true,
      { passed: 1, failed: 0 },
    ],
    [
      'a file that could not be loaded',
      report(false, file('failed'), file('passed', 'passed')),
      false,
      { passed: 1, failed: 1 },
    ],
    ['an error outside of all tests', report(true, file('passed', 'passed')), false, { passed: 1, failed: 1 }],
    ['a run without tests as a failure', report(true), true, { passed: 0, failed: 1 }],
    ['a run without a report as a failure', undefined, false, { passed: 0, failed: 1 }],
  ])('%s', (_, given, ok, counts) => {
    expect(countTests(given, ok)).toEqual(counts)
  })
})
