"""Run SageMaker's jobs in containers on this machine: engines, the world inside of a container, and the job runner.

The modules, from the outside in:

- `engine`: Docker, Podman or Finch by its command line. `guard`: removes containers after the tool was killed.
- `opt_ml`, `channels`, `records`: pure functions for files, data and request bodies, to the byte.
- `relay`: HTTP into a container that has no network.
- `training_job`, `transform_job`: run one job and return what happened (`TrainingResult`, `TransformResult`).

Nothing here decides whether a result is good: `preflight` judges results, local AWS turns them into job statuses.
"""
