import { useEffect, useState } from 'react'
import { type Demo, openDemo } from './demo.js'
import { Masthead } from './masthead.js'
import { NotEmbeddedError } from './sign-in.js'
import { Stage } from './stage.js'

type Opening = { status: 'opening' } | { status: 'open'; demo: Demo } | { status: 'failed'; error: unknown }

// Once for the page, not for each time that React mounts the component.
const opened = openDemo()

export function App() {
  const [opening, setOpening] = useState<Opening>({ status: 'opening' })

  useEffect(() => {
    opened.then(
      (demo) => setOpening({ status: 'open', demo }),
      (error: unknown) => setOpening({ status: 'failed', error }),
    )
  }, [])

  return (
    <>
      <Masthead />
      <main className="main">
        {opening.status === 'opening' && (
          <p className="notice" role="status">
            Signing in…
          </p>
        )}
        {opening.status === 'failed' && <Problem error={opening.error} />}
        {opening.status === 'open' && <Stage demo={opening.demo} />}
      </main>
    </>
  )
}

function Problem({ error }: { error: unknown }) {
  if (error instanceof NotEmbeddedError)
    return (
      <div className="notice" role="alert">
        <h2>Nobody can be signed in here</h2>
        <p>
          This page asks its server for the tokens of two made-up people. A server gives them only when it
          runs embedded, with a secret of its own, on a loopback address, and when the page is opened at such
          an address.
        </p>
        <p>
          The service itself works: see the <a href="/docs">documentation</a> for how your own backend makes
          tokens.
        </p>
      </div>
    )
  return (
    <div className="notice" role="alert">
      <h2>The server could not be reached</h2>
      <p>Or it did not answer as expected: {error instanceof Error ? error.message : String(error)}</p>
      <button type="button" className="button" onClick={() => location.reload()}>
        Try again
      </button>
    </div>
  )
}
