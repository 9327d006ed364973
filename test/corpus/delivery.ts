import type { Connection } from '../matrix/connection.ts'

/** How the bytes of a case go out. */
export type Delivery = (connection: Connection, bytes: Buffer) => Promise<void>

export const inOnePiece: Delivery = async (connection, bytes) => connection.write(bytes)

/** Bytes at both ends of a long message that go out one by one; between them it is the same byte over and over. */
const CLOSE_LOOK = 200
/** A step within. Prime, so that it falls in with no chunk and no buffer. */
const STEP = 1009

/** Each byte in a piece of its own; of what is long, each byte near both ends. */
export const byteByByte: Delivery = (connection, bytes) => {
  const cuts: number[] = []
  const far = bytes.length > 5 * CLOSE_LOOK ? bytes.length - CLOSE_LOOK : CLOSE_LOOK
  for (let at = 1; at < bytes.length; at += at > CLOSE_LOOK && at + STEP < far ? STEP : 1) cuts.push(at)
  return inPieces(cuts)(connection, bytes)
}

/** Turns after which a server has taken the connection: what comes sooner comes as one piece. */
const TO_ACCEPT = 8

/** Cut at these places. The server reads each piece before the next one is sent. */
export function inPieces(cuts: readonly number[]): Delivery {
  return async (connection, bytes) => {
    let from = 0
    for (let i = 0; i < TO_ACCEPT; i++) await turn()
    for (const to of [...cuts, bytes.length]) {
      if (connection.ended) return
      connection.write(bytes.subarray(from, to))
      from = to
      await turn()
    }
  }
}

/** Time for a server in this process to read what has come: a turn of the loop to hear of it, and one to spare. */
async function turn(): Promise<void> {
  await immediate()
  await immediate()
}

function immediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Places to cut so many bytes at, the same ones each time. */
export function placesIn(length: number, count: number, random: () => number): number[] {
  return Array.from({ length: count }, () => 1 + Math.floor(random() * (length - 1)))
}

/** Numbers from 0 to 1 that a seed gives: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
