"""What the recipe needs of Airflow: a DAG runs as it is written down, and what a task gives goes on as JSON."""
