/** Serves what faults are done to, in a process of its own: `server.ts <backend> <database of orders>`. */
import { faultsApi } from './api.ts'
import { reportToParent, serveForParent } from '../servers/serve-for-parent.ts'

const [backend = 'memory', database = ''] = process.argv.slice(2)
await serveForParent(faultsApi(database), { backend, report: reportToParent })
