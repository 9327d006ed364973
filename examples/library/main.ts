import { serve } from 'trestle/node'
import library from './library.ts'

const { url } = await serve(library, { quiet: true })
console.log(`Titles at ${url}/titles, documentation at ${url}/docs`)
console.log('Cards: R-1042 with the PIN 2580, and S-0001 with 4711, who is staff')
