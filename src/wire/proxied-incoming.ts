import { Incoming } from '../pipeline/incoming.ts'
import { peerAddress } from './networks.ts'
import type { Origin, Peers } from './proxy.ts'

/** What there is to know of the other end of a connection. */
export interface Remote {
  readonly remoteAddress?: string | undefined
  readonly encrypted?: boolean
}

/** What is to be known of it, taken when the connection is made: a socket that is closed does not know any more. */
export function remoteOf({ remoteAddress, encrypted }: Remote): Remote {
  return { remoteAddress, encrypted: encrypted === true }
}

/** A request on a socket, whose other end may be a proxy that speaks for its caller. */
export abstract class ProxiedIncoming extends Incoming {
  readonly #remote: Remote
  readonly #peers: Peers
  #origin: Origin | undefined = undefined

  constructor(method: string, target: string, remote: Remote, peers: Peers) {
    super(method, target)
    this.#remote = remote
    this.#peers = peers
  }

  get remoteAddress(): string | undefined {
    return this.#behind.address
  }

  override get prefix(): string {
    return this.#peers.proxy === undefined ? '' : this.#behind.prefix
  }

  protected get origin(): string {
    const { scheme, authority } = this.#behind
    const own = this.#remote.encrypted === true ? 'https' : 'http'
    return `${scheme ?? own}://${authority ?? (this.field('host') || 'localhost')}`
  }

  /** Read once, when somebody first asks: most requests are answered without. */
  get #behind(): Origin {
    const { proxy, unix } = this.#peers
    const { remoteAddress } = this.#remote
    this.#origin ??=
      proxy === undefined
        ? { address: peerAddress(remoteAddress), scheme: undefined, authority: undefined, prefix: '' }
        : proxy.originOf(unix ? 'unix' : remoteAddress, (name) => this.field(name))
    return this.#origin
  }
}
