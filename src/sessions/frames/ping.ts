import type { PingFrame } from '../../protocol/client-frames.js'
import type { FrameHandler } from './dispatch.js'

export const handlePing: FrameHandler<PingFrame> = (_context, _session, _frame, reply) => {
  reply({ serverTime: new Date().toISOString() })
}
