import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  readonly name: string
  readonly data: Buffer | string
  /** Not deflated. */
  readonly stored?: boolean
  /** As writers do that cannot go back: no sizes before the data, a descriptor after it. */
  readonly streamed?: boolean
}

/** A zip file as the writers of office documents make them. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, data, stored = false, streamed = false } of entries) {
    const [bytes, path] = [Buffer.from(data), Buffer.from(name)]
    const packed = stored ? bytes : deflateRawSync(bytes, { level: 9 })
    const sums = [crc32(bytes), packed.length, bytes.length]
    // Of both headers: version, flags, method, time, date, sums, lengths of the name and of the extra field.
    const fields = (given: readonly number[]) =>
      Buffer.concat([
        uint16(20, streamed ? 8 : 0, stored ? 0 : 8, 0, 0x21),
        uint32(...given),
        uint16(path.length, 0),
      ])
    const file = Buffer.concat([
      Buffer.from('PK\x03\x04'),
      fields(streamed ? [0, 0, 0] : sums),
      path,
      packed,
      ...(streamed ? [Buffer.from('PK\x07\x08'), uint32(...sums)] : []),
    ])
    directory.push(
      Buffer.concat([
        Buffer.from('PK\x01\x02'),
        uint16(20),
        fields(sums),
        uint16(0, 0, 0),
        uint32(0, offset),
        path,
      ]),
    )
    parts.push(file)
    offset += file.length
  }
  const listed = Buffer.concat(directory)
  const end = [
    Buffer.from('PK\x05\x06'),
    uint16(0, 0, entries.length, entries.length),
    uint32(listed.length, offset),
  ]
  return Buffer.concat([...parts, listed, ...end, uint16(0)])
}

function uint16(...values: number[]): Buffer {
  const buffer = Buffer.alloc(2 * values.length)
  for (const [index, value] of values.entries()) buffer.writeUInt16LE(value, 2 * index)
  return buffer
}

function uint32(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) buffer.writeUInt32LE(value, 4 * index)
  return buffer
}
