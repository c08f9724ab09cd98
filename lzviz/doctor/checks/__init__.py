"""The checks by their fixed names, in the order in which they are asked: a case to a finding, None where not looked at."""

from lzviz.doctor.checks import convention, covering, geometry, numbers, orientation, saliency, truth

CHECKS = {
    **orientation.CHECKS,
    **convention.CHECKS,
    **geometry.CHECKS,
    **covering.CHECKS,
    **numbers.CHECKS,
    **truth.CHECKS,
    **saliency.CHECKS,
}
