// Filters the list of changes. Without it the page shows them all.
const form = document.getElementById("filter");
if (form) {
  const rows = Array.from(document.querySelectorAll("#changes tbody tr"), (row) => ({
    row, text: row.textContent.toLowerCase(), where: row.dataset.where, what: row.dataset.what,
  }));
  const shown = document.getElementById("shown");
  const filter = () => {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const where = form.elements.where.value, what = form.elements.what.value;
    let count = 0;
    for (const one of rows) {
      const fits = (!where || one.where === where) && (!what || one.what === what) && words.every((word) => one.text.includes(word));
      one.row.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown`;
  };
  let timer;
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 120); });
  form.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  const asked = () => {  // page.html#mug searches for mug
    try { form.elements.words.value = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    filter();
  };
  window.addEventListener("hashchange", asked);
  form.hidden = false;
  if (location.hash) asked(); else filter();
}
