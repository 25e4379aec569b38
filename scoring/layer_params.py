"""Which layer of a contract a metric scores."""

from __future__ import annotations

from scoring.contract import Contract, RasterContract
from scoring.planes import layer_contracts
from scoring.reading import Node


def layer_of(node: Node, params: Node, contract: Contract) -> tuple[str, Contract, Node]:
    """The layer, the contract of it alone, and the parameters without it. It may stand at the metric, too.

    Without layers: '', and contract and parameters as they are.
    """
    given = params.at("layer") if not params.at("layer").is_null else node.at("layer")
    if not isinstance(contract, RasterContract) or not contract.layers:
        if not given.is_null and isinstance(contract, RasterContract):
            given.problems.add("metric_no_layers", given.where)
        return "", contract, _without_layer(params) if isinstance(contract, RasterContract) else params
    names = [layer.name for layer in contract.layers]
    if given.is_null:
        node.problems.add("metric_layer", params.where, allowed=names)
        return names[0], layer_contracts(contract)[names[0]], _without_layer(params)
    name = given.choice(names, names[0])
    return name, layer_contracts(contract)[name], _without_layer(params)


def _without_layer(params: Node) -> Node:
    if not isinstance(params.value, dict):
        return params
    rest = {key: value for key, value in params.value.items() if key != "layer"}
    return Node(rest, params.where, params.problems)
