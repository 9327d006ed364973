/** A process that migrates when it is told to, and says what it did. Arguments: the kind of database, its address, the folder. */
import { once } from 'node:events'
import { migrate } from 'trestle/migrations'
import { type Kind, openDatabase } from './open.ts'

const [kind, address, folder] = process.argv.slice(2) as [Kind, string, string]

const { database, close } = openDatabase(kind, address)
process.send?.('ready')
await once(process, 'message')
const done = await migrate(database, folder)
await close()
process.send?.(done)
process.disconnect()
