"""The processes that run code: images as environments, warm servers, the launcher, CPU slots, the job runner."""
