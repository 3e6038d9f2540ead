/** Files that are dropped onto the page, as the browser does it; and what is chosen in its lists. */
import type { Locator, Page } from 'playwright-core';

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

/** Chooses in one of the lists of a form. */
export async function choose(page: Page, form: Locator, label: string, option: string): Promise<void> {
  const box = form.getByRole('combobox', { name: label, exact: true });
  await box.click({ force: true });
  // the list of this box: one that was opened before may still fade away
  const list = page.locator(`[id="${await box.getAttribute('aria-controls')}"]`);
  await list.getByRole('option', { name: option, exact: true }).click();
}
