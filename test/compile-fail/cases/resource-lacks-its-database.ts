import { resource } from 'trestle/resources'
import { author } from '../declarations.ts'

export default resource(author, { filter: ['name'] })
