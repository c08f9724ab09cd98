"""Where to look: maps (B, 1, h, w), non-negative, at the control nodes (:mod:`.maps`), and the sources that a page offers
(:mod:`.sources`)."""

from lzviz.saliency.maps import centre as centre
from lzviz.saliency.maps import edit as edit
from lzviz.saliency.maps import fixed as fixed
from lzviz.saliency.maps import from_boundaries as from_boundaries
from lzviz.saliency.maps import from_boxes as from_boxes
from lzviz.saliency.maps import from_edges as from_edges
from lzviz.saliency.maps import from_mask as from_mask
from lzviz.saliency.maps import grey as grey
from lzviz.saliency.maps import inside as inside
from lzviz.saliency.maps import to_nodes as to_nodes
