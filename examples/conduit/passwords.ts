import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify<string, Buffer, number, Buffer>(scrypt)
const BYTES = 32

/** What is kept of a password: `salt:key`, both in hex. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return `${salt.toString('hex')}:${(await derive(password, salt, BYTES)).toString('hex')}`
}

/** Takes as long for nobody's hash as for somebody's, so that time does not tell which addresses have an account. */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [salt = '', key = ''] = (hash ?? NOBODY).split(':')
  const derived = await derive(password, Buffer.from(salt, 'hex'), BYTES)
  return timingSafeEqual(derived, Buffer.from(key, 'hex')) && hash !== undefined
}

const NOBODY = `${'00'.repeat(16)}:${'00'.repeat(BYTES)}`
