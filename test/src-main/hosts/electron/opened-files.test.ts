/** Projects in command lines, as the three systems give them. */
import { describe, expect, it } from 'vitest';
import { Arrivals, projectInArguments } from '../../../../src-main/hosts/electron/opened-files.ts';

describe('a project in a command line', () => {
  it('is found on Linux by path and by the address that desktop entries give', () => {
    const linux = (...args: string[]) => projectInArguments(args, '/home/me', 'linux');
    expect(linux()).toBeUndefined();
    expect(linux('--no-zygote', 'silicon.xyz')).toBeUndefined();
    expect(linux('my work/a b.fwproj')).toBe('/home/me/my work/a b.fwproj');
    expect(linux('/data/A.FWPROJ', '--flag=x.fwproj')).toBe('/data/A.FWPROJ');
    expect(linux('file:///data/gr%C3%BCn%20a.fwproj')).toBe('/data/grün a.fwproj');
    expect(linux('file://elsewhere/a.fwproj')).toBeUndefined();
    expect(linux('file:///data/%')).toBeUndefined();
    expect(linux('/data/one.fwproj', '/data/two.fwproj')).toBe('/data/two.fwproj');
  });

  it('is found on Windows with drives, backslashes, shares and spaces', () => {
    const windows = (...args: string[]) => projectInArguments(args, 'C:\\Users\\me', 'win32');
    expect(windows('D:\\My Data\\a.fwproj')).toBe('D:\\My Data\\a.fwproj');
    expect(windows('sub\\a.fwproj')).toBe('C:\\Users\\me\\sub\\a.fwproj');
    expect(windows('\\\\server\\share\\a.fwproj')).toBe('\\\\server\\share\\a.fwproj');
    expect(windows('file:///D:/My%20Data/a.fwproj')).toBe('D:\\My Data\\a.fwproj');
    expect(windows('--allow-file-access-from-files', 'a.fwproj')).toBe('C:\\Users\\me\\a.fwproj');
  });
});

describe('projects that arrive', () => {
  it('wait for somebody to open them, the last one', () => {
    const opened: string[] = [];
    const arrivals = new Arrivals();
    arrivals.add('a');
    arrivals.add('b');
    arrivals.receive((path) => opened.push(path));
    arrivals.add('c');
    expect(opened).toEqual(['b', 'c']);
  });
});
