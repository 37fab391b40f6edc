import { bare } from './bare.js'
import { byHand } from './by-hand.js'
import { seed } from './seed.js'
import type { System } from './system.js'

/** What Parley is measured beside; scripts/peers.mjs has to have built them. */
export const peers = (): readonly System[] => [seed, byHand, bare]
