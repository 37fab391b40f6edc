import { createPeer } from './peer.js'

/** A limit: what its sockets alone would cost Parley. */
export const bare = createPeer({
  id: 'bare',
  name: 'uWebSockets.js alone',
  dialect: 'parley',
  caveat: 'one node, keeps nothing, lets everybody in',
  mostNodes: 1,
  uses: { postgres: false, redis: false },
})
