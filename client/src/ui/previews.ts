/** As many as a long conversation shows. */
const MOST = 60

/** Addresses, by attachment, of images that this page has uploaded itself: they need not be brought back to be seen. */
const previews = new Map<string, string>()

export function previewOf(attachmentId: string): string | undefined {
  return previews.get(attachmentId)
}

/** From now on the address belongs to this store. */
export function keepPreview(attachmentId: string, url: string): void {
  previews.set(attachmentId, url)
  const [oldest] = previews
  if (previews.size <= MOST || !oldest) return
  previews.delete(oldest[0])
  // What is on the screen is decoded already.
  URL.revokeObjectURL(oldest[1])
}
