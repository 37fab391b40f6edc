import { crc32, deflateSync } from 'node:zlib'

/** Adam7: where the pixels of each pass begin, and how far apart they are. */
const PASSES = [
  { x: 0, y: 0, across: 8, down: 8 },
  { x: 4, y: 0, across: 8, down: 8 },
  { x: 0, y: 4, across: 4, down: 8 },
  { x: 2, y: 0, across: 4, down: 4 },
  { x: 0, y: 2, across: 2, down: 4 },
  { x: 1, y: 0, across: 2, down: 2 },
  { x: 0, y: 1, across: 1, down: 2 },
]

/** A black square of that many pixels a side: a bit for each, deflated to next to nothing. */
export function blackPng(side: number, { interlaced = false } = {}): Buffer {
  const rowBytes = (pixels: number) => (pixels === 0 ? 0 : 1 + Math.ceil(pixels / 8))
  const passes = PASSES.map(({ x, y, across, down }) => {
    const [columns, rows] = [Math.ceil((side - x) / across), Math.ceil((side - y) / down)]
    return rows * rowBytes(columns)
  })
  const bytes = interlaced ? passes.reduce((sum, pass) => sum + pass, 0) : side * rowBytes(side)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([1, 0, 0, 0, interlaced ? 1 : 0], 8)
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  const pixels = deflateSync(Buffer.alloc(bytes), { level: 9 })
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const framed = Buffer.alloc(8 + body.length)
  framed.writeUInt32BE(data.length)
  body.copy(framed, 4)
  framed.writeUInt32BE(crc32(body), 4 + body.length)
  return framed
}
