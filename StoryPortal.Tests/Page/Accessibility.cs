namespace StoryPortal.Tests.Page;

/// <summary>What is asked of a page in the browser, for those who use it without a mouse or without seeing it.</summary>
internal static class Accessibility
{
    private const string Usable = "[...document.querySelectorAll('a[href], button, input, summary')].filter(element => element.checkVisibility())";

    /// <summary>How many things there are to use.</summary>
    public const string NumberUsable = Usable + ".length";

    /// <summary>Those that the keyboard did not come to.</summary>
    public const string NotReached = Usable + ".filter(element => !('reached' in element.dataset)).map(element => element.outerHTML)";

    /// <summary>What is wrong in names, headings, tables, landmarks, ids and pictures.</summary>
    public const string Faults = $$"""
        (() => {
          const faults = [];
          const all = selector => [...document.querySelectorAll(selector)];
          const check = (elements, isRight, what) => elements.filter(element => !isRight(element)).forEach(element => faults.push(`${what}: ${element.outerHTML?.slice(0, 200) ?? ''}`));
          const label = element => element.getAttribute('aria-label') ?? (element.getAttribute('aria-labelledby') ?? '').split(' ').map(id => document.getElementById(id)?.textContent ?? '').join('');
          check({{Usable}}, element => (label(element) || element.labels?.[0]?.textContent || element.textContent).trim() !== '', 'no name');
          check(all('input'), input => input.labels.length > 0, 'no label');
          check(all('img'), image => image.hasAttribute('alt'), 'no alternative text');
          check(all('svg'), picture => picture.getAttribute('aria-hidden') === 'true' || (picture.getAttribute('role') === 'img' && label(picture) !== ''), 'a picture that says nothing');
          check(all('table'), table => table.caption?.textContent.trim() && table.tHead, 'a table without caption or head');
          check(all('table th'), head => ['col', 'row'].includes(head.scope), 'a head of nothing');
          check(all('section, nav, form'), landmark => landmark.closest('#checklist-groups') || label(landmark) !== '', 'a landmark without a name');
          check(all('[id]'), element => all(`[id="${element.id}"]`).length === 1, 'an id that is there twice');
          check([document.documentElement], html => html.lang === 'en' && document.title !== '', 'no language or title');
          check([document], () => all('main').length === 1 && all('header').length === 1 && all('footer').length === 1 && all('h1').length === 1, 'landmarks');
          check([document], () => all('[aria-live]').length === 1, 'more than the verdict is read out');
          let level = 0;
          for (const heading of all('h1, h2, h3, h4, h5, h6').filter(heading => heading.checkVisibility())) {
            const next = Number(heading.localName[1]);
            if (next > level + 1) faults.push(`a level is left out before: ${heading.textContent}`);
            level = next;
          }
          return faults;
        })()
        """;

    /// <summary>Texts whose contrast is below 4.5 to 1 (WCAG 2.2, AA).</summary>
    public const string TooPale = """
        (() => {
          const parse = color => (color.match(/[\d.]+/g) ?? []).map(Number);
          const light = ([r, g, b]) => [r, g, b].map(part => part / 255).map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
            .reduce((sum, part, i) => sum + part * [.2126, .7152, .0722][i], 0);
          const behind = element => {
            for (let at = element; at; at = at.parentElement) {
              const color = parse(getComputedStyle(at).backgroundColor);
              if (color.length === 3 || color[3] === 1) return color;
            }
            return [255, 255, 255];
          };
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const pale = new Set();
          while (walker.nextNode()) {
            const element = walker.currentNode.parentElement;
            if (walker.currentNode.textContent.trim() === '' || !element.checkVisibility()) continue;
            const [one, two] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
            const contrast = (one + .05) / (two + .05);
            if (contrast < 4.5) pale.add(`${contrast.toFixed(2)}: ${element.outerHTML.slice(0, 120)}`);
          }
          return [...pale];
        })()
        """;
}
