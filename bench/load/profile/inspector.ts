import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { until } from '../../engines/until.js'

/** Makes a node listen for its inspector, on a port of its own choice. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' }

const LISTENING = /Debugger listening on (ws:\/\/\S+)/
const HEAP_CHUNK = 'HeapProfiler.addHeapSnapshotChunk'

const answer = z.object({
  id: z.int().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
})
const heapChunk = z.object({ chunk: z.string() })

/** Speaks to the inspector of a node that was started with `INSPECTED`, and whose output is in the file `log`. */
export async function connectInspector(log: string) {
  let url: string | undefined
  await until(
    'the inspector listens',
    async () => {
      url = LISTENING.exec(await readFile(log, 'utf8'))?.[1]
      return url !== undefined
    },
    10_000,
  )
  if (url === undefined) throw new Error('the inspector has no address')
  const socket = new WebSocket(url, { perMessageDeflate: false })
  await once(socket, 'open')

  const waiting = new Map<number, (given: z.infer<typeof answer>) => void>()
  let [lastId, chunks] = [0, ['']]
  socket.on('message', (data) => {
    const given = answer.parse(JSON.parse(String(data)))
    if (given.method === HEAP_CHUNK) chunks.push(heapChunk.parse(given.params).chunk)
    if (given.id === undefined) return
    waiting.get(given.id)?.(given)
    waiting.delete(given.id)
  })

  /** @throws when the inspector refuses */
  async function call(method: string, params: object = {}): Promise<unknown> {
    const id = ++lastId
    const answered = new Promise<z.infer<typeof answer>>((resolve) => waiting.set(id, resolve))
    socket.send(JSON.stringify({ id, method, params }))
    const { result, error } = await answered
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result
  }

  return {
    call,
    /** Everything that is alive, as V8 writes it. */
    async heapSnapshot(): Promise<string> {
      await call('HeapProfiler.enable')
      await call('HeapProfiler.collectGarbage')
      chunks = []
      await call('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
      return chunks.join('')
    },
    end: () => socket.terminate(),
  }
}

export type Inspector = Awaited<ReturnType<typeof connectInspector>>
