import { api, group } from 'trestle'
import { createClient } from 'trestle/client'
import { resource } from 'trestle/resources'
import { author, drizzled as db } from '../declarations.ts'

const library = api({ authors: group('/authors', resource(author, { db, filter: ['name'] })) })
export default createClient<typeof library>('http://localhost').authors.list({ query: { 'name[like]': 'U' } })
