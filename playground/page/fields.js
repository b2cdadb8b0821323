// The fields of forms, and what they hold when the form is sent.

import { make } from "./dom.js";
import { plain } from "./mrkdwn.js";
import { CHANNELS, PEOPLE } from "./people.js";

const TYPES = { url_text_input: "url", email_text_input: "email", number_input: "number", datepicker: "date", timepicker: "time" };

/** A control for `element`; `changed` is told its value. It carries `data-block-id` and `data-action-id`. */
export function field(element, block_id, changed, id) {
  const control = draw(element, id);
  control.setAttribute("data-block-id", block_id);
  control.setAttribute("data-action-id", element.action_id ?? "");
  control.addEventListener("change", () => changed(valueOf(control)));
  return control;
}

/** What a control made by `field` holds: a string, a list where many may be chosen, the files that were. */
export function valueOf(control) {
  if (control.matches("[role=radiogroup]")) return control.querySelector("input:checked")?.value ?? "";
  if (control.matches("[role=group]")) return [...control.querySelectorAll("input:checked")].map((box) => box.value);
  if (control.type === "file") return [...control.files];
  if (control.multiple) return [...control.selectedOptions].map((option) => option.value);
  return control.value;
}

/** Put back what was typed or chosen before a form was drawn anew. */
export function restore(control, value) {
  const values = [value].flat();
  const boxes = control.querySelectorAll("input");
  if (boxes.length) boxes.forEach((box) => (box.checked = values.includes(box.value)));
  else if (control.multiple) [...control.options].forEach((option) => (option.selected = values.includes(option.value)));
  else if (control.type !== "file") control.value = value;
}

function draw(element, id) {
  switch (element.type) {
    case "radio_buttons":
      return choices(element, "radio", [element.initial_option]);
    case "checkboxes":
      return choices(element, "checkbox", element.initial_options ?? []);
    case "static_select":
    case "external_select":
    case "overflow":
      return select(element, id, optionsOf(element), [element.initial_option?.value]);
    case "multi_static_select":
      return select(element, id, optionsOf(element), (element.initial_options ?? []).map((option) => option.value));
    case "users_select":
      return select(element, id, named(PEOPLE, ""), [element.initial_user]);
    case "channels_select":
    case "conversations_select":
      return select(element, id, named(CHANNELS, "#"), [element.initial_channel ?? element.initial_conversation]);
    case "file_input":
      return files(element, id);
    default:
      return typed(element, id);
  }
}

function typed(element, id) {
  const shared = { id, placeholder: element.placeholder && plain(element.placeholder), maxlength: element.max_length };
  if (element.multiline) {
    const area = make("textarea", { ...shared, rows: 6 });
    area.value = element.initial_value ?? "";
    return area;
  }
  const input = make("input", { type: TYPES[element.type] ?? "text", autocomplete: "off", spellcheck: "false", ...shared });
  input.value = element.initial_value ?? element.initial_date ?? element.initial_time ?? "";
  return input;
}

function files(element, id) {
  const accept = (element.filetypes ?? []).map((suffix) => `.${suffix}`).join(",") || null;
  return make("input", { id, type: "file", accept, multiple: (element.max_files ?? 10) > 1 });
}

function select(element, id, options, chosen) {
  const isMany = element.type.startsWith("multi_");
  const empty = make("option", { value: "" }, element.placeholder ? plain(element.placeholder) : "Choose…");
  const control = make("select", { id, multiple: isMany }, isMany ? null : empty);
  for (const [value, text] of options) control.append(make("option", { value, selected: chosen.includes(value) }, text));
  if (!id) control.setAttribute("aria-label", element.placeholder ? plain(element.placeholder) : "Choose");
  return control;
}

function choices(element, type, chosen) {
  const values = chosen.filter(Boolean).map((option) => option.value);
  const name = `${element.action_id}-${Math.random().toString(36).slice(2)}`;
  const rows = element.options.map((option) =>
    make(
      "label",
      { class: "choice" },
      make("input", { type, name, value: option.value, checked: values.includes(option.value) }),
      make("span", {}, plain(option.text), option.description && make("small", {}, plain(option.description))),
    ),
  );
  return make("div", { role: type === "radio" ? "radiogroup" : "group", class: "choices" }, ...rows);
}

const optionsOf = (element) =>
  [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((group) => group.options)].map((option) => [
    option.value,
    plain(option.text),
  ]);

const named = (all, mark) => Object.entries(all).map(([id, one]) => [id, `${mark}${one.name}`]);
