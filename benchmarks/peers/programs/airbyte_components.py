"""The one component that the manifest cannot say in YAML: FastSpring lists its ids as bare strings, not as objects."""

from dataclasses import dataclass

from airbyte_cdk.sources.declarative.extractors.record_extractor import RecordExtractor


@dataclass
class IdsExtractor(RecordExtractor):
    def extract_records(self, response):
        for id in response.json()["products"]:
            yield {"id": id}
