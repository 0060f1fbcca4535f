"""What may a field be called in another library?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

MODULE_NAMES = frozenset(
    """
    T_destination add_module apply bfloat16 buffers call_super_init children clear compile cpu cuda double
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu
    items keys load_state_dict modules mtia named_buffers named_children named_modules named_parameters
    parameters pop register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to
    to_empty train training type update values xpu zero_grad
    """.split()  # noqa: SIM905 - a list would take a line per name
)
"""Attributes of a PyTorch ``ModuleDict``, which refuses them as keys: a field called ``type`` is not rare."""


def module_name(name: str) -> str:
    """Name under which a PyTorch module dictionary takes a field: no dot, no attribute of its own."""
    plain = name.replace(".", "_") or "_"
    return f"{plain}_" if plain in MODULE_NAMES or plain.startswith("_") else plain


def scope_name(name: str) -> str:
    """Name that TensorFlow takes for a scope: letters, digits and ``_.-``, not at the start."""
    plain = re.sub(r"[^A-Za-z0-9_.\-]", "_", name)
    return plain if re.match(r"[A-Za-z0-9.]", plain) else f"f{plain}"


def distinct_names(names: Iterable[str], allowed: Callable[[str], str]) -> dict[str, str]:
    """Names of fields in another library, no two alike.

    Parameters
    ----------
    names : iterable of str
        Names in the config.
    allowed : callable
        Makes one of them a name that the library takes.

    Returns
    -------
    dict of str to str
        New names by old ones, in order. Names that need no change keep theirs.
    """
    names = list(names)
    taken = {name for name in names if allowed(name) == name}
    found: dict[str, str] = {}
    for name in names:
        new = allowed(name)
        if new != name:
            stem, count = new, 2
            while new in taken:
                new = f"{stem}_{count}"
                count += 1
            taken.add(new)
        found[name] = new
    return found


def rename_notes(names: dict[str, str], library: str) -> tuple[str, ...]:
    """Notes on the fields that are called otherwise."""
    return tuple(
        f"field {old!r} is called {new!r} in {library}, which does not take its name"
        for old, new in names.items()
        if old != new
    )
