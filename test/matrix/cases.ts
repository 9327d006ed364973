import type { Case } from './case.ts'
import { bodies } from './cases/bodies.ts'
import { contentTypes } from './cases/content-types.ts'
import { connections } from './cases/connections.ts'
import { expectations } from './cases/expect.ts'
import { framing } from './cases/framing.ts'
import { hosts } from './cases/hosts.ts'
import { methods } from './cases/methods.ts'
import { replies } from './cases/replies.ts'
import { targets } from './cases/targets.ts'

/** Every HTTP case, by topic. */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  Methods: methods,
  'Request targets': targets,
  Host: hosts,
  Framing: framing,
  Connections: connections,
  'Expect: 100-continue': expectations,
  Bodies: bodies,
  Replies: replies,
  'Content types': contentTypes,
}
