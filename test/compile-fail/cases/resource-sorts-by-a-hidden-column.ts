import { resource } from 'trestle/resources'
import { author, drizzled as db } from '../declarations.ts'

export default resource(author, { db, sort: ['name'], order: '-password_hash' })
