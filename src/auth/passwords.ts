import { type Dependency, depends } from '../contract/depends.ts'
import { Unavailable } from '../contract/problems.ts'

/** Hashes passwords, and compares. */
export interface Passwords {
  /**
   * The hash to keep, which holds its parameters.
   *
   * @param password 1 to 1,024 bytes of UTF-8.
   * @throws {RangeError} for a shorter or longer one: give the schema of the body a `min` and a `max`.
   */
  readonly hash: (password: string) => Promise<string>
  /**
   * Whether a password is the one that was hashed.
   *
   * @param hash undefined where there is no such account: it takes as long, and is false.
   * @throws {TypeError} for a hash that is none of argon2: what else you have of passwords is yours to compare.
   */
  readonly verify: (hash: string | undefined, password: string) => Promise<boolean>
  /** True for a hash that is not made as those of today: hash anew when its owner logs in. */
  readonly needsRehash: (hash: string) => boolean
}

/** Argon2id as OWASP has it (Password Storage Cheat Sheet): 19 MiB, two passes, one thread. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** Argon2id: the package's enum is there for the compiler alone. */
const ARGON2ID = 2
/** Bytes. */
const LONGEST = 1024
/** Hashes that are made at once: Node has four threads for this, file systems and names, and others need them too. */
const AT_ONCE = 2
/** Those that wait for their turn, about a second of work; one more is refused. */
const WAITING = 100

/**
 * Hashes and compares by argon2id, two at a time, so that logins do not keep all else waiting. Needs the package
 * `@node-rs/argon2`. Passwords are the same however their characters are composed (NFKC, NIST SP 800-63B §5.1.1.2).
 */
export async function createPasswords(): Promise<Passwords> {
  const argon2 = await import('@node-rs/argon2').catch((cause: unknown) => {
    throw new Error('passwords need the package @node-rs/argon2: npm install @node-rs/argon2', { cause })
  })
  const inTurn = createTurns()
  const bytesOf = (password: string): Uint8Array => new TextEncoder().encode(password.normalize('NFKC'))
  const fits = ({ length }: Uint8Array): boolean => length > 0 && length <= LONGEST
  const make = (bytes: Uint8Array): Promise<string> =>
    inTurn(() => argon2.hash(bytes, { ...PARAMETERS, algorithm: ARGON2ID }))
  const nobodys = await make(crypto.getRandomValues(new Uint8Array(32)))
  return {
    hash: async (password) => {
      const bytes = bytesOf(password)
      if (!fits(bytes)) throw new RangeError(`a password has 1 to ${LONGEST} bytes, not ${bytes.length}`)
      return make(bytes)
    },
    verify: async (hash, password) => {
      const bytes = bytesOf(password)
      // Whoever sends it knows how long it is: that it is refused sooner tells nothing of the account.
      if (!fits(bytes)) return false
      if (hash !== undefined && !isArgon2(hash)) {
        throw new TypeError('passwords.verify: this hash is none of argon2; compare it by what made it, and hash anew')
      }
      const isSame = await inTurn(() => argon2.verify(hash ?? nobodys, bytes))
      return isSame && hash !== undefined
    },
    needsRehash: (hash) => {
      if (!isArgon2(hash)) return true
      const { algorithm, memoryCost, timeCost, parallelism } = argon2.parseOptions(hash)
      return (
        algorithm !== ARGON2ID ||
        memoryCost !== PARAMETERS.memoryCost ||
        timeCost !== PARAMETERS.timeCost ||
        parallelism !== PARAMETERS.parallelism
      )
    },
  }
}

function isArgon2(hash: string): boolean {
  return hash.startsWith('$argon2')
}

/** Passwords for endpoints. Where too many are to be compared at once the reply is 503. */
export const passwords: Dependency<Passwords> = depends({}, () => createPasswords(), {
  scope: 'app',
  name: 'passwords',
  // A package that is missing is told at start.
  eager: true,
  throws: [Unavailable],
})

/** @throws {Problem} `Unavailable` where too many wait. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running >= AT_ONCE) {
      if (waiting.length >= WAITING) throw Unavailable({ headers: { 'retry-after': '1' } })
      // Who ends hands on its place, so that nobody comes between.
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
