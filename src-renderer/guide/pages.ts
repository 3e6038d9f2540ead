/** Texts and pictures of the guide: files of the bundle, never of the network. */
import type { GuideName } from './contents.ts';

const texts = import.meta.glob<string>('../../docs/guide/*.md', { query: '?raw', import: 'default' });
const pictures = import.meta.glob<string>('../../docs/guide/pictures/*.webp', {
  query: '?url',
  import: 'default',
  eager: true,
});

/** Markdown of a page; undefined for those that are made here, as the glossary is. */
export async function guideText(name: GuideName): Promise<string | undefined> {
  return texts[`../../docs/guide/${name}.md`]?.();
}

/** Address of a picture as a page names it (pictures/NAME.webp); undefined when the bundle has none. */
export function guidePicture(reference: string): string | undefined {
  return pictures[`../../docs/guide/${reference}`];
}
