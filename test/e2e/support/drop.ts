/** Files that are dropped onto the page, as the browser does it. */
import type { Page } from 'playwright-core';

/** Drops a file onto the window. */
export async function dropFile(page: Page, name: string, content: string | Uint8Array): Promise<void> {
  const base64 = Buffer.from(content).toString('base64');
  // as text: the page's globals are not the test's
  const transfer = await page.evaluateHandle(`(() => {
    const bytes = Uint8Array.from(atob(${JSON.stringify(base64)}), (letter) => letter.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], ${JSON.stringify(name)}, { type: 'text/plain' }));
    return data;
  })()`);
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent('#app', type, { dataTransfer: transfer });
  }
}
