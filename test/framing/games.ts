import type { Random } from '../fuzz/random.ts'
import { chunkGames } from './games/chunks.ts'
import { fieldGames } from './games/fields.ts'
import { lineGames } from './games/line.ts'
import type { Draft } from './well-formed.ts'

/** Changes a request as an attacker would who knows how readers differ. */
export type Game = (draft: Draft, random: Random) => void

const GAMES: readonly (readonly Game[])[] = [lineGames, fieldGames, fieldGames, chunkGames]

export function play(draft: Draft, random: Random): void {
  random.pick(random.pick(GAMES))(draft, random)
}
