import { resource } from 'trestle/resources'
import { authors, drizzled as db } from '../declarations.ts'

export default resource(authors, { db, filter: ['nam'] })
