import type { AddressInfo } from 'node:net'

/**
 * The server's half of a measurement: says where it listens, and how much CPU time its process has
 * used whenever it is asked. Nothing here runs while requests are answered.
 */
export function measured(address: AddressInfo | string | null | number): void {
  const port = typeof address === 'number' ? address : (address as AddressInfo).port
  process.on('message', () => process.send?.({ usage: process.cpuUsage() }))
  process.on('disconnect', () => process.exit())
  process.send?.({ port })
}
