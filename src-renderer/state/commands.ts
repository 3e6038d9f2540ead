/** Commands of the palette: pages add theirs while they are shown. */
import { defineStore } from 'pinia';
import { onBeforeUnmount, onMounted, ref, shallowRef } from 'vue';

export interface Command {
  readonly id: string;
  readonly title: string;
  /** Where it belongs, shown beside the title. */
  readonly group: string;
  /** Keys, such as 'Mod+K' (Mod is Ctrl, or ⌘ on a Mac). */
  readonly keys?: string;
  readonly icon?: string;
  readonly enabled?: () => boolean;
  readonly run: () => void;
}

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Keys for the eye. */
export function keyLabel(keys: string): string {
  // the shift is part of the sign
  if (keys === 'Shift+?') return '?';
  return keys
    .replace('Mod', isMac ? '⌘' : 'Ctrl')
    .replace('Shift', isMac ? '⇧' : 'Shift')
    .replaceAll('+', isMac ? '' : ' + ');
}

function matches(keys: string, event: KeyboardEvent): boolean {
  const parts = keys.split('+');
  const key = parts.at(-1) ?? '';
  const mod = isMac ? event.metaKey : event.ctrlKey;
  return (
    event.key.toLowerCase() === key.toLowerCase() &&
    mod === parts.includes('Mod') &&
    event.shiftKey === parts.includes('Shift') &&
    event.altKey === parts.includes('Alt')
  );
}

/** Whether the user is writing: plain letters are text then. */
function writing(event: KeyboardEvent): boolean {
  const target = event.target;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

export const useCommands = defineStore('commands', () => {
  const list = shallowRef<readonly Command[]>([]);
  const paletteOpen = ref(false);
  /** Whether the sheet of keys is seen. */
  const keysOpen = ref(false);

  function add(commands: readonly Command[]): () => void {
    list.value = [...list.value, ...commands];
    return () => {
      list.value = list.value.filter((command) => !commands.includes(command));
    };
  }

  function onKey(event: KeyboardEvent): void {
    for (const command of list.value.toReversed()) {
      if (command.keys === undefined || !matches(command.keys, event)) continue;
      if (!command.keys.includes('Mod') && writing(event)) continue;
      // undo inside a text field is the field's own
      if (writing(event) && /Mod\+(Shift\+)?[zy]$/i.test(command.keys)) continue;
      if (command.enabled && !command.enabled()) continue;
      event.preventDefault();
      command.run();
      return;
    }
  }

  return { list, paletteOpen, keysOpen, add, onKey };
});

/** Commands for as long as a component is shown. */
export function usePageCommands(commands: readonly Command[]): void {
  const store = useCommands();
  let remove: (() => void) | undefined;
  onMounted(() => (remove = store.add(commands)));
  onBeforeUnmount(() => remove?.());
}
