"""Send a page in AppTest what the JavaScript of a component would report, or what a user made of it."""

import json

from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

_EVENTS = "$$STREAMLIT_INTERNAL_KEY_{}__events"  # the widget that carries the events of a component


def report(app: AppTest, key: str, *, state: object = None, event: object = None, text: str = "") -> AppTest:
    """Run the page after a message of the component `key`.

    Args:
        state: values that the component keeps, by name.
        event: a list of {"event": name, "value": value}.
        text: sent as both in place of their JSON.
    """
    (component,) = (each.proto for each in app.get("bidi_component") if each.proto.id.endswith(f"-{key}"))
    states = app._tree.get_widget_states()
    if state is not None or text:
        states.widgets.append(WidgetState(id=component.id, json_value=text or json.dumps(state)))
    if event is not None or text:
        trigger = WidgetState(id=_EVENTS.format(component.id), json_trigger_value=text or json.dumps(event))
        states.widgets.append(trigger)
    return app._run(states)
