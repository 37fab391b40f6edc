import type { AuthFrame } from '../../protocol/client-frames.js'
import { ParleyError } from '../../protocol/errors.js'
import type { FrameHandler } from './dispatch.js'

/** A newer token for the same user: the session lives as long as that one does. */
export const handleAuth: FrameHandler<AuthFrame> = async (context, session, { token }, reply) => {
  const identity = await context.verifyToken(token)
  if (identity.userId !== session.user.id)
    throw new ParleyError('forbidden', 'A session stays with its user: connect anew for another one.')
  const { fullName } = await context.users.identify(identity)
  session.rename(fullName)
  session.prolong(identity.expiresAt)
  reply({ expiresAt: identity.expiresAt.toISOString() })
}
