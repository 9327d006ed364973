import { resource } from 'trestle/resources'
import { drizzled as db } from '../declarations.ts'

export default resource({ name: 'authors' }, { db })
