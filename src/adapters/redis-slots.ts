import { z } from 'zod'
import type { RedisAddress } from './redis-access.js'

/** The slots of a cluster, as Redis' specification has them: CRC16 (XMODEM) of the name, or of its first `{tag}`. */
export const SLOTS = 16_384

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
  return crc
})

export function slotOf(name: string): number {
  let crc = 0
  for (const byte of Buffer.from(tagOf(name)))
    crc = ((crc << 8) & 0xffff) ^ (TABLE[((crc >> 8) ^ byte) & 0xff] ?? 0)
  return crc % SLOTS
}

function tagOf(name: string): string {
  const open = name.indexOf('{')
  const close = name.indexOf('}', open + 1)
  return open < 0 || close <= open + 1 ? name : name.slice(open + 1, close)
}

/** Which server of a cluster is the master of each slot, as one of them sees it. */
export interface SlotView {
  ownerOf(slot: number): string | undefined
  readonly masters: ReadonlyMap<string, RedisAddress>
  /** The replicas too. */
  readonly servers: ReadonlyMap<string, RedisAddress>
  /** Every slot has an owner. */
  readonly isWhole: boolean
}

const server = z.tuple([z.string().nullable(), z.number()], z.unknown())
const ranges = z.array(z.tuple([z.number(), z.number(), server], server))

/**
 * Of the answer to `CLUSTER SLOTS`. Where a server does not say its host, it is the one that was asked.
 *
 * @throws where there is no slot at all: such a server was taken out of the cluster, or never was in it
 */
export function readSlots(answer: unknown, askedHost: string): SlotView {
  const owners = new Array<string | undefined>(SLOTS).fill(undefined)
  const masters = new Map<string, RedisAddress>()
  const servers = new Map<string, RedisAddress>()
  for (const [first, last, ...all] of ranges.parse(answer)) {
    const [master] = all
    for (const one of all) servers.set(nameOf(addressOf(one)), addressOf(one))
    const name = nameOf(addressOf(master))
    masters.set(name, addressOf(master))
    owners.fill(name, first, last + 1)
  }
  if (masters.size === 0) throw new Error(`${askedHost} knows of no slots`)
  return { ownerOf: (slot) => owners[slot], masters, servers, isWhole: !owners.includes(undefined) }

  function addressOf([host, port]: z.infer<typeof server>): RedisAddress {
    return { host: host || askedHost, port }
  }
}

export function nameOf({ host, port }: RedisAddress): string {
  return `${host}:${port}`
}
