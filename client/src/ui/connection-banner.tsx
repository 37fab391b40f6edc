import { useEffect, useState } from 'react'
import { useConnection, useParley } from '../react/index.js'
import { OfflineIcon } from './icons.js'
import { useUi } from './parley-ui.js'

/** Shorter than this, being away is nobody's concern: a page that opens, a connection that moves. */
const PATIENCE_MS = 700

/** Says that there is no connection, and what becomes of what is written meanwhile. */
export function ConnectionBanner() {
  const { labels } = useUi()
  const client = useParley()
  const connection = useConnection()
  const isOnline = connection.status === 'online'
  const [isOver, setIsOver] = useState(false)

  useEffect(() => {
    if (isOnline) return
    const timer = setTimeout(() => setIsOver(true), PATIENCE_MS)
    return () => {
      clearTimeout(timer)
      setIsOver(false)
    }
  }, [isOnline])

  if (isOnline || !isOver) return null
  return (
    <div className="parley-banner" role="status" data-testid="offline-banner" data-status={connection.status}>
      <OfflineIcon />
      <span>
        {connection.status === 'stopped' ? labels.stopped[connection.code] : labels.waitingForNetwork}
      </span>
      {connection.status === 'stopped' && (
        <button type="button" className="parley-link" onClick={() => client.reconnect()}>
          {labels.reconnect}
        </button>
      )}
    </div>
  )
}
