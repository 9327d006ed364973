import path from 'node:path'

/** The folder that holds the whole project. */
export const root: string = path.dirname(import.meta.dirname)

/** Where scripts keep what they want to find again. It goes when node_modules goes. */
export const scratch: string = path.join(root, 'node_modules', '.cache', 'trestle')
