import { model } from 'trestle/resources'
import { authors } from '../declarations.ts'

export default model(authors, { hide: ['password'] })
