"""What axe finds on a page; each way in which text is coloured is judged once, wherever it stands.

Whether text stands out hangs on its colour, size and weight and on what is painted behind it, and
all pages share one style sheet: the same few hundred combinations come back on every page, and to
judge them again was half of axe's work. A combination counts as judged only once axe has judged an
element that has it, and let it pass; text that is positioned may lie on anything and is judged on
every page.
"""

from typing import Any

from axe_playwright_python.sync_playwright import Axe

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_AXE = Axe()
_judged: set[str] = set()  # in this process
_LOOK = """
async ([rules, judged]) => {
  const known = new Set(judged), seen = new Map();
  const plain = "rgba(0, 0, 0, 0)none1nonenormal";
  const look = (element) => {
    if (!element) return {ground: "", lies: false};
    if (!seen.has(element)) {
      const style = getComputedStyle(element), under = look(element.parentElement);
      const own = style.backgroundColor + style.backgroundImage + style.opacity + style.filter
        + style.mixBlendMode;
      const ground = own === plain ? under.ground : under.ground + "/" + own;
      const lies = under.lies || ["absolute", "fixed"].includes(style.position);
      const text = [style.color, style.webkitTextFillColor, style.fontSize, style.fontWeight,
        style.textShadow, ground].join(";");
      seen.set(element, {ground, lies, text});
    }
    return seen.get(element);
  };
  const shows = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility({visibilityProperty: true});
  };
  // an input of these types has no text
  const bare = ["hidden", "range", "color", "checkbox", "radio", "image"];
  const has_text = (element) => element.tagName === "INPUT" ? !bare.includes(element.type)
    : ["SELECT", "TEXTAREA"].includes(element.tagName)
      || [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
  const fresh = [...document.body.querySelectorAll("*")].filter((one) => has_text(one)
    && (look(one).lies || !known.has(look(one).text)) && shows(one));
  const told = ({violations}) => violations.map(({id, nodes}) =>
    ({id, nodes: nodes.map(({target, html}) => ({target, html}))}));
  const found = rules
    ? told(await axe.run(document, {...rules, resultTypes: ["violations"]})) : [];
  if (!fresh.length) return [found, []];
  const contrast = await axe.run({include: fresh}, {
    runOnly: {type: "rule", values: ["color-contrast"]},
    resultTypes: ["violations", "passes", "incomplete"],
    elementRef: true,
  });
  const passed = [...contrast.passes, ...contrast.incomplete].flatMap(({nodes}) => nodes)
    .map(({element}) => look(element)).filter(({lies}) => !lies).map(({text}) => text);
  const bad = contrast.violations.flatMap(({nodes}) => nodes).map((one) => look(one.element).text);
  return [[...found, ...told(contrast)], [...new Set(passed)].filter((one) => !bad.includes(one))];
}
"""


def broken(page: Any, **options: Any) -> list[dict[str, Any]]:
    """Give the rules that a page breaks, each with its ``id`` and ``nodes``.

    ``options`` are axe's, and say which rules are looked at beside that of contrast.
    """
    rules = {**options.get("rules", {}), "color-contrast": {"enabled": False}}
    return _look(page, {**options, "rules": rules})


def unreadable(page: Any) -> list[dict[str, Any]]:
    """Give the one rule, of contrast, if a page breaks it: for a page that is the same but for colours."""
    return _look(page, None)


def _look(page: Any, options: dict[str, Any] | None) -> list[dict[str, Any]]:
    page.evaluate(_AXE.axe_script)
    found: list[dict[str, Any]]
    found, passed = page.evaluate(_LOOK, [options, sorted(_judged)])
    _judged.update(passed)
    return found
