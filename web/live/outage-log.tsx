import { useLayoutEffect, useRef } from 'react'
import { type Cell, useObservable } from '../cell.js'
import type { LogEntry } from './outages.js'

/** What happened to the plugs, the newest last. */
export function OutageLog({ log }: { log: Cell<readonly LogEntry[]> }) {
  const entries = useObservable(log)
  const scroller = useRef<HTMLDivElement>(null)

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new entry is what it has to follow
  useLayoutEffect(() => {
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight })
  }, [entries])

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it
    <div className="log" ref={scroller} role="log" aria-label="Outages" data-testid="outages" tabIndex={0}>
      {entries.length === 0 && (
        <p>
          Pull a plug while the two talk: what is written meanwhile waits, and comes through in order, once.
        </p>
      )}
      <ol>
        {entries.map(({ id, at, who, kind, text }) => (
          <li key={id} data-kind={kind} data-who={who}>
            <time dateTime={at.toISOString()}>{at.toLocaleTimeString('en-GB')}</time>
            <span>{text}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}
