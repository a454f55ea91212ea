"""What all forms share."""

from markupsafe import Markup
from wtforms import SelectMultipleField


class CheckboxGroup:
    """A choice of several as checkboxes, each with its label: nobody has to know about holding Ctrl."""

    def __call__(self, field: SelectMultipleField, **_: object) -> Markup:
        boxes = (
            Markup(
                '<label class="check"><input type="checkbox" name="{}" value="{}"{}> <span lang="{}">{}</span></label>'
            ).format(field.name, value, Markup(" checked") if chosen else "", value, label)
            for value, label, chosen, *_ in field.iter_choices()
        )
        return Markup("").join(boxes)
