import { useState } from 'react'
import type { Demo } from './demo.js'
import { LivePanel } from './live/live-panel.js'
import { Pane } from './phones/pane.js'

const VIEWS = [
  { id: 'ann', name: 'Ann' },
  { id: 'bob', name: 'Bob' },
  { id: 'live', name: 'Live' },
] as const

/** Both phones and what is measured between them; where there is room for one thing only, a switch between the three. */
export function Stage({ demo }: { demo: Demo }) {
  const [view, setView] = useState<(typeof VIEWS)[number]['id']>('ann')
  return (
    <>
      <nav className="switch" aria-label="On the screen">
        {VIEWS.map(({ id, name }) => (
          <button key={id} type="button" aria-pressed={view === id} onClick={() => setView(id)}>
            {name}
          </button>
        ))}
      </nav>
      <div className="stage" data-view={view}>
        <Pane side={demo.ann} demo={demo} />
        <LivePanel demo={demo} />
        <Pane side={demo.bob} demo={demo} />
      </div>
    </>
  )
}
