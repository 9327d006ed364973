import { resource } from 'trestle/resources'
import { author, drizzled as db } from '../declarations.ts'

export default resource(author, { db, filters: ['name'] })
