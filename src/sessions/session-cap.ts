import { RENEWALS_PER_LEASE } from '../chat/presence.js'
import type { Bus } from '../ports/bus.js'
import type { OpenSession, SessionRegistry } from '../ports/session-registry.js'
import { endTooMany } from './endings.js'
import type { Session } from './session.js'

/**
 * Sees to it that no user has too many sessions on all nodes together: the oldest make way. A session that begins
 * waits for none of this; one whose end is not heard of is too many again when the user's next one begins.
 */
export function createSessionCap(options: {
  readonly registry: SessionRegistry
  readonly bus: Bus
  readonly leaseMs: number
}) {
  const { registry, bus, leaseMs } = options
  let isRenewing = false
  const timer = setInterval(() => void renew(), leaseMs / RENEWALS_PER_LEASE)
  timer.unref()
  void renew()

  async function renew(): Promise<void> {
    if (isRenewing) return
    isRenewing = true
    endAll(await registry.renew())
    isRenewing = false
  }

  function endAll(sessions: readonly OpenSession[]): void {
    for (const session of sessions) endTooMany(bus, session)
  }

  return {
    async begun({ id, user }: Session): Promise<void> {
      endAll(await registry.add({ userId: user.id, sessionId: id }))
    },

    ended({ id, user }: Session): void {
      registry.remove({ userId: user.id, sessionId: id })
    },

    close(): void {
      clearInterval(timer)
    },
  }
}

export type SessionCap = ReturnType<typeof createSessionCap>
