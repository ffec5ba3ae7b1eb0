"""Run SageMaker's validation on this machine: the same jobs in real containers, before the deployment.

- `inputs`: algorithms of an assembly or a request. `images`, `data`: what their jobs need.
- `run`: runs the validation profiles in containers. `variants`: what `--thorough` adds.
- `rules`: one small rule for each thing that can be wrong; `judge` applies them to a `ProfileRun`.
- `report`: the finding report; `html_report`: a page with metric curves and a sample of the results.
"""
