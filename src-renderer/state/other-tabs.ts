/** Whether Forcewright is open in other tabs of this browser: they show the same project and do the same work. */
import { onScopeDispose, ref, type Ref } from 'vue';

/** What tabs say to each other: who comes or answers, and who goes. */
interface Word {
  readonly tab: string;
  readonly is: 'new' | 'here' | 'gone';
}

/**
 * Number of other tabs. Each tab says when it comes and goes; one that comes is answered by those that are there.
 * @param tell the channel between the tabs; the browser's own where absent
 */
export function useOtherTabs(tell: BroadcastChannel = new BroadcastChannel('forcewright-tabs')): Ref<number> {
  const count = ref(0);
  const others = new Set<string>();
  const tab = crypto.randomUUID();
  const say = (is: Word['is']) => tell.postMessage({ tab, is } satisfies Word);
  tell.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data.is === 'gone') others.delete(data.tab);
    else others.add(data.tab);
    if (data.is === 'new') say('here');
    count.value = others.size;
  };
  const leave = () => say('gone');
  window.addEventListener('pagehide', leave);
  say('new');
  onScopeDispose(() => {
    window.removeEventListener('pagehide', leave);
    leave();
    tell.close();
  });
  return count;
}
